"""What `./console up` runs: the embedded servers, the emulated cloud, the web server, the workers, and their keeper."""
