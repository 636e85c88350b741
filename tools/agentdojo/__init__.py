"""AgentDojo's recorded runs, its tools as effects of ours, and the policy's answers to their calls."""
