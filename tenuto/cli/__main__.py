"""`python -m tenuto.cli`, for those who have no `tenuto` on their path."""

from tenuto.cli.main import main

main()
