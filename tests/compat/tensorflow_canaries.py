"""Canaries for the private names in skrnn/_compat/tensorflow.py."""

import gc
import weakref
from importlib.util import find_spec
from threading import Thread

from skrnn._compat import tensorflow as compat
from tests.compat.canary import canary

CANARIES = []
INSTEAD = "Give tf.function no optimizer of Keras and no tf.custom_gradient, or let graphs stay"
LET_KERNELS_STAY = "Let kernels stay: they are some 0.7 MB for each network"

if find_spec("tensorflow"):
    import tensorflow as tf

    def trace(within):
        """Trace a graph with a custom gradient, and return whether the graph is gone."""

        @tf.custom_gradient
        def double(x):
            return 2.0 * x, lambda gradient: 2.0 * gradient

        @tf.function(input_signature=[tf.TensorSpec([])])
        def slope(x):
            with within(), tf.GradientTape() as tape:
                tape.watch(x)
                y = double(x)
                return tape.gradient(y, x)

        graph = weakref.ref(slope.get_concrete_function().graph)
        assert slope(1.0) == 2.0
        del slope, double
        gc.collect()
        return graph() is None

    @canary(CANARIES, "tensorflow", "tensorflow.python.framework.ops", "RegisterGradient", INSTEAD)
    @canary(CANARIES, "tensorflow", "tensorflow.python.framework.ops", "gradient_registry", INSTEAD)
    def graphs_with_custom_gradients_go():
        assert trace(compat.forgetting_gradients)

    @canary(CANARIES, "tensorflow", "tensorflow.python.framework.ops", "RegisterGradient", INSTEAD)
    def gradients_of_other_threads_stay():
        found = []

        def differentiate():
            @tf.custom_gradient
            def double(x):
                return 2.0 * x, lambda gradient: 2.0 * gradient

            function = tf.function(double, input_signature=[tf.TensorSpec([])])
            found.append(function.get_concrete_function())

        with compat.forgetting_gradients():
            thread = Thread(target=differentiate)
            thread.start()
            thread.join()
        with tf.GradientTape() as tape:
            x = tf.constant(1.0)
            tape.watch(x)
            y = found[0](x)
        assert tape.gradient(y, x) == 2.0

    @canary(
        CANARIES,
        "tensorflow",
        "tensorflow.python.eager.context.Context",
        "clear_kernel_cache",
        LET_KERNELS_STAY,
    )
    def functions_and_variables_outlive_their_kernels():
        variable = tf.Variable([1.0, 2.0])
        traces = []

        @tf.function(input_signature=[tf.TensorSpec([])])
        def scaled(factor):
            traces.append(factor)
            return factor * variable

        before = scaled(3.0).numpy()
        compat.drop_kernels()
        assert variable.numpy().tolist() == [1.0, 2.0]
        assert scaled(3.0).numpy().tolist() == before.tolist() == [3.0, 6.0]
        assert len(traces) == 1
