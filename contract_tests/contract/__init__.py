"""The contract: its sentences, the expected answers, the allowed differences."""
