"""The browser app: pages, the article view behind every citation, and the server that carries them."""
