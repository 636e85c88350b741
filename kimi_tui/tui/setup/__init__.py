"""Set-up inside the app: the server, the model, the desk and the search, tried before they are written."""
