"""
Airline passengers, nothing set
===============================

x
"""
from skrnn import GRUForecaster
from skrnn.datasets import load_airline
