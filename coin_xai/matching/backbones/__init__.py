"""Networks that learnt from ordinary photographs, and what they see in coins."""
