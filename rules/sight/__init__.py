"""What is believed: from what agents say to what is so; silence; doubts of the CMDB. Rules 1 to 5, 10, 12."""
