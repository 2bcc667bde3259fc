"""The model: training, files, inference."""
