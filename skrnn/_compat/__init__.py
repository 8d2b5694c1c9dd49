"""Private names of other libraries, each behind a function or a method of our own.

Such a name may change or disappear in any release. There is one module per library; nothing
else in the package uses private names, and ``tests/compat`` checks the installed library
for all of them. Importing a module does not import Keras, a backend or sktime.
"""
