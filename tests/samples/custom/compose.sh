#!/bin/sh
set -e
printf '#!/bin/sh\necho hello from custom\n' >greeting
chmod +x greeting
