"""The whole service as it is sent out: real processes, real nginx, real sockets."""
