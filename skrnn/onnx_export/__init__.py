"""Export of fitted networks as ONNX files, which run without skrnn and Keras."""
