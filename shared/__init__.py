"""The service behind every backend, without a web framework: contract, counter, model, guard."""
