"""What every backend serves, without a web framework: contract, counter, model, operations."""
