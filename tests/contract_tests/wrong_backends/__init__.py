"""Small wrong backends, each naming the sentences it breaks: they prove that the tests can fail."""
