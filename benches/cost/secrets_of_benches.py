"""Credentials that every program here accepts; they are valid nowhere else."""

import base64
import hashlib

# As many as a small API has customers.
KEYS = [(f"client-{number}", hashlib.sha256(f"bench {number}".encode()).hexdigest()[:40]) for number in range(100)]
# What is presented stands in the middle.
OURS = KEYS[50][1]
TOKEN = {"Authorization": f"Bearer {OURS}"}
PASSWORD = "correct horse"
PAIR = base64.b64encode(f"acme:{PASSWORD}".encode()).decode()
# The password, hashed as each program wants it. bcrypt at cost 10, which is between what htpasswd and Caddy make.
BCRYPT = "$2y$10$3qnVfCLvJBQBQyHZH7XC4ucEHZeBmAgDRK1MmdB60hVR6xb5NK4G6"
SHA512 = "$6$benchesofclavig$winzcI8xSYLumWN2P8souQa2jduzWFhSMgNdTQIsLf2idEF6U6CEc4nPczHR.nWstvxCPPHF3dhMhppFv07Z8/"
SHA1 = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A="
