"""What people do with the AWS resources of products, one module for each."""
