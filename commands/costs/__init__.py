"""What a month on AWS costs: what is asked, what that uses, what AWS charges for it, and which limit it meets first."""
