"""`python -m shared.model FILE`: train a model and store it, as `podium models train` does."""

import argparse
from pathlib import Path

from shared.model.files import store
from shared.model.training import MODEL_NAMES, train

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m shared.model", description="Train a model and store it."
    )
    parser.add_argument("path", type=Path, help="file to write, such as iris.skops")
    parser.add_argument("--model", choices=MODEL_NAMES, default="iris", help="iris unless given")
    arguments = parser.parse_args()
    store(train(arguments.model), arguments.path)
