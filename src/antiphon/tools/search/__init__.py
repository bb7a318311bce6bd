"""Services that search the web, each as what it is asked and what its answers mean; no I/O."""
