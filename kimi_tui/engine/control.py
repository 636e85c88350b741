"""Handle a person's commands: each is refused with a reason, or becomes an event."""

from kimi_tui.commands import (
    Act,
    AnyCommand,
    Approve,
    ApproveAlways,
    AskQuestion,
    Compact,
    DecideStatement,
    EditPlan,
    Interrupt,
    Pause,
    RaiseBudget,
    Receipt,
    Resume,
    RevokeRule,
    Steer,
    Stop,
    Unhide,
    Veto,
    Withdraw,
)
from kimi_tui.engine.loop import Engine
from kimi_tui.engine.statement_decisions import decide_statement
from kimi_tui.events import (
    AnyEvent,
    BudgetRaised,
    PlanEdited,
    PlanStep,
    QuestionAsked,
    RunPaused,
    RunResumed,
    SteerReceived,
)
from kimi_tui.projections.research_state import PLAN_MARKS
from kimi_tui.session import SessionError
from kimi_tui.text import one_line

MAX_TEXT_CHARS = 400_000
"""Characters of a question or steer; more would not fit beside an answer in the model's window."""
MAX_PLAN_STEPS = 30
"""Steps of a plan, as `update_plan` takes them."""


def handle_command(engine: Engine, command: AnyCommand) -> Receipt:
    """Carry a command out, or refuse it; never raises for a refusal."""
    try:
        match command:
            case Approve():
                return engine.gate.approve(command)
            case ApproveAlways():
                return engine.gate.approve_always(command)
            case Veto():
                return engine.gate.veto(command)
            case Withdraw() | Unhide() | Compact():
                return _change_context(engine, command)
            case RevokeRule():
                return engine.gate.revoke_rule(command)
            case AskQuestion() | Steer() | EditPlan():
                return _send_text(engine, command)
            case RaiseBudget() | DecideStatement():
                return _record_decision(engine, command)
            case Pause() | Resume() | Interrupt() | Act() | Stop():
                return _control_run(engine, command)
    except SessionError as error:
        return Receipt(False, str(error))


def _change_context(engine: Engine, command: Withdraw | Unhide | Compact) -> Receipt:
    """Change what the model reads of the past."""
    match command:
        case Withdraw():
            return engine.gate.withdraw(command)
        case Unhide():
            return engine.compactor.unhide(command)
        case Compact():
            return engine.compactor.approve(command)


def _send_text(engine: Engine, command: AskQuestion | Steer | EditPlan) -> Receipt:
    """Start a turn with a question, or add a steer or a changed plan to the running one."""
    if isinstance(command, EditPlan):
        return _edit_plan(engine, command)
    ledger, text = engine.ledger, command.text.strip()
    run = ledger.state.run
    if not text:
        return Receipt(False, "there is nothing to send: the line is empty")
    if len(text) > MAX_TEXT_CHARS:
        return Receipt(False, f"{len(text):,} characters are too many; put the text into a file of the desk instead")
    if isinstance(command, AskQuestion):
        if run.turn_open:
            return Receipt(False, "a turn is running; steer it, or stop it first")
        ledger.record(QuestionAsked(text), turn=run.turn + 1)
        return Receipt(True)
    if not run.turn_open:
        return Receipt(False, "no turn is running; ask a question instead")
    ledger.record(SteerReceived(text))
    return Receipt(True)


def _edit_plan(engine: Engine, command: EditPlan) -> Receipt:
    """Record the plan as the person wants it; the model reads it before its next step."""
    ledger = engine.ledger
    steps = tuple(PlanStep(one_line(step.text, 300), step.state) for step in command.steps if step.text.strip())
    if not ledger.state.run.turn_open:
        return Receipt(False, "no turn is running; ask a question instead")
    if len(steps) > MAX_PLAN_STEPS:
        return Receipt(False, f"{len(steps)} steps are too many; a plan has {MAX_PLAN_STEPS} at the most")
    if wrong := next((step.state for step in steps if step.state not in PLAN_MARKS), ""):
        return Receipt(False, f"a step cannot be {wrong!r}; it is open, doing or done")
    if steps == ledger.state.plan.steps:
        return Receipt(False, "the plan is like that already")
    ledger.record(PlanEdited(steps))
    return Receipt(True)


def _record_decision(engine: Engine, command: RaiseBudget | DecideStatement) -> Receipt:
    """Record what only a person decides, whether a turn is running or not."""
    if isinstance(command, DecideStatement):
        return decide_statement(engine.ledger, command)
    return _raise_budget(engine, command)


def _raise_budget(engine: Engine, command: RaiseBudget) -> Receipt:
    """Raise a cap; only a person does, and never lowers one."""
    ledger = engine.ledger
    cap = ledger.state.budget.caps.get(command.kind)
    if cap is None:
        return Receipt(False, f"there is no cap on {command.kind} to raise")
    if not command.cap > cap:
        return Receipt(False, f"the cap on {command.kind} is {cap:g} already; give a higher one")
    events: list[AnyEvent] = [BudgetRaised(command.kind, command.cap)]
    if ledger.state.run.exhausted == command.kind and ledger.state.run.turn_open:
        events.append(SteerReceived("The budget was raised: go on with your plan.", by="engine"))
    ledger.record(*events)
    return Receipt(True)


def _control_run(engine: Engine, command: Pause | Resume | Interrupt | Act | Stop) -> Receipt:
    """Pause, resume, interrupt or stop the run."""
    ledger, run = engine.ledger, engine.ledger.state.run
    if not run.turn_open:
        return Receipt(False, "no turn is running")
    match command:
        case Pause() if run.paused:
            return Receipt(False, "the run is paused already")
        case Resume() if not run.paused and not engine.thinker.waiting:
            return Receipt(False, "the run is not paused")
        case Pause():
            ledger.record(RunPaused("person"))
        case Resume():
            ledger.record(RunResumed("person"))
            engine.thinker.retry_now()
        case Interrupt():
            if not run.paused:
                ledger.record(RunPaused("person", "interrupted; steer it if you like, then go on"))
            engine.interrupt()
        case Act():
            return _stop_thinking(engine)
        case Stop():
            engine.stopping = True
            engine.interrupt()
            ledger.pulse.notify()
    return Receipt(True)


def _stop_thinking(engine: Engine) -> Receipt:
    """End the thinking; the rest is recorded when the try ends."""
    if not engine.thinker.is_reasoning:
        return Receipt(False, "the model is not thinking now")
    engine.thinker.stop_thinking_now()
    return Receipt(True)
