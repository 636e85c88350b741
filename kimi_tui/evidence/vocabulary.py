"""Word lists for the checks, English first and some German: plain data, without rules."""


def _word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


NO_UNITS = _word_set("""
    a an and are as at after again against ago all also amid among another any around basis because been before
    below between but by compared consecutive during each either ended ending every fell few first following for
    from gain grew growth had has have higher if in increase increased into is it its later least less loss lower
    more most next nor of off on once only or other out over per prior quarter remain rise rose same
    second since so than that the their then there these third this those through times to together total under
    until up versus via vs was were when where which while who with within without year month week
    day respectively thereof million billion net gross new und im in auf von bis pro zu der die das
""")
"""Words behind a number that are not what it counts."""
ADJECTIVES = _word_set("new additional different separate other full common ordinary preferred outstanding")
"""Words between a number and what it counts."""
STOP_WORDS = _word_set("""
    a an the of and or in on at to for from by with as its it's their our s is are was were be been per de la und
    der die das
""")
OUTFLOWS = _word_set("""
    used paid payment purchase repurchase repayment repaid dividend loss losses lost deficit outflow spent
    spending acquisition acquired addition investment invested decrease decreased reduction allowance expense cost
    charge less write-off writedown impairment withdrawal deduction depreciation amortization redemption
    retirement settlement provision tax benefit treasury capital expenditure return returned distribution interest
    negative
""")
"""Words of figures that are shown in brackets and told without a minus."""
RESULTS = _word_set("income profit earnings result surplus equity margin ebit ebitda gain")
"""Words of figures whose minus is a loss."""
LOSSES = _word_set("loss losses lost deficit shortfall negative outflow used decrease")
"""Words that say a minus."""
HEADER_WORDS = _word_set("""
    year years ended ending month months three six nine twelve week weeks quarter half fiscal december january
    february march april may june july august september october november as of at million millions thousand
    thousands billion billions usd eur gbp dollars euros in except per share data amounts amount value unaudited
    audited actual reported fy period day days row result
""")
"""Words of a column's header that name no more than a period, a scale or a unit."""
EMPTY_WORDS = _word_set("""
    report reported record recorded amount amounted total totaled reach reached post posted generate generated see
    saw had have has about around roughly nearly approximately almost some over more than less year quarter fiscal
    ended end percent per cent million billion thousand company after before compared during rose grew increased
    increase fell declined decreased decrease up down higher lower came stood new it which according filing page
    puts put say state went reaching deliver delivered dollar euro now also only operation slowly
""")
"""Words of a claim that a sentence of the source need not repeat."""
DIRECTION_WORDS = _word_set("""
    rose rise grew grow growing increased increase climbed gained fell fall declined decline decreased decrease dropped
    drop shrank slipped higher lower up down than year yearly earlier prior previous slightly sharply strongly again
    further overall
""")
"""Words of a sentence that says no more than which way something moved."""
ORDINARY_NAMES = _word_set("""
    company group inc corp corporation ltd limited plc co sa ag se nv llc holding holdings lp ab asa oyj spa gmbh
    kg the its it they we he she this that these there management board both all total net
""")
"""Words that do not tell one company from another."""
