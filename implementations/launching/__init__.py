"""Starting and stopping stacks, alike for all."""
