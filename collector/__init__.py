"""Carries what agents say to the rules, and what the rules decide to people. Decides nothing itself.

Start reading at collector/app.py: everything that runs is wired there.
"""
