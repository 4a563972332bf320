"""The tabs of the page: each module builds one and says what to fill in whenever the page is opened."""
