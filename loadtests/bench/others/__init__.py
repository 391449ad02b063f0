"""Other renderers, each as an engineer would first write it, drawing the very same scenes."""
