"""Random calls, in random order, of everything public, and invariants that hold after each.

Parameters come from the declared domains and from outside them, data in every form, well-formed
or not. The invariants of invariants.py: a finite result of the right length, or an error message
of ours, scikit-learn's or sktime's; arguments, parameters and everything global unchanged; a
failed call without a trace; the same answer twice.

The default tests make a few calls, always the same ones. ``python -m pytest tests/fuzz -m fuzz``
makes 20,000 on JAX, 10,000 on PyTorch and 5,000 on TensorFlow, or as many as ``SKRNN_FUZZ_CALLS``
says; ``.ci/full`` runs all three. It continues after a failure, and ends with the shortest program
that it found for each fault: paste it into test_counterexamples.py, under a name that says what
holds, and fix the package. ``python -m tests.fuzz.explore 500 Stream`` makes 500 calls of the
machines whose names hold "Stream". A new parameter is drawn by itself; a new form of data belongs
into recipes.py, a new class into a machine of machines.py.
"""
