"""What the API and the worker share: the record, the receipt, the ports and the backends behind them."""
