"""What is odd about a day, by the tables metric_baselines and metric_alerts."""
