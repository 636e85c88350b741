"""Keep the context inside the model's window: policy, window, compaction and checkpoints."""
