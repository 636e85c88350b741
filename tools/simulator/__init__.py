"""Long sessions without a model: the real engine with the embedded server and steps of set sizes."""
