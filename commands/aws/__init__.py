"""What the commands do on AWS beyond the service's own adapters: the account, the stack, and the steps on them."""
