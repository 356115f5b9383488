"""A search that solves circuits it never saw: response surfaces of the metrics, in ask-and-tell form.

Read space.py (designs as points), objective.py (what is to be minimized), surface.py (the models), deciding.py (the
points of a plan as columns of models), propose.py (their
best points), region.py (where they are believed), then search.py, which puts these together. words.py says what is
done and why, feasible.py when it cannot be done, earlier.py what former sessions tell. numpy alone.
"""
