"""Decide on a proposed call: the policy, a person, an earlier result or the loop guard."""
