"""Naive applications: the three operations as a framework's tutorial would write them.

No check, no guard, no exact count, the framework's own JSON; the same answers to right requests.
Each is an entry from outside, launched like any other; the model is what a tutorial would load.
"""
