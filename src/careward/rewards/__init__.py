"""Reward money: who qualifies, how many beds, which amount, and why.

The calculation is pure: facts, rules and a year in; a decision out (:mod:`.reckoning`), explained on demand
(:mod:`.explaining`). It knows neither Django nor a database; only the pages and file readers around it do.
"""
