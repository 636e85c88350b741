"""Long sessions without a model: the real engine against the real embedded server, with steps of set sizes."""
