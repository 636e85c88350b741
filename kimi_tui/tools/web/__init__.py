"""The web: the guarded network and the tools that search it and open its pages."""
