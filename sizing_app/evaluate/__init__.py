"""Policies on fixed sets of queries: suites.py reads the queries, runner.py runs them, report.py shows the result."""
