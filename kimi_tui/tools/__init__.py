"""What the model may use."""
