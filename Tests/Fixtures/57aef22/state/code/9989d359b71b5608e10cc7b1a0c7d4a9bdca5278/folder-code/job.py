import signal, sys, time
if sys.argv[1] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("started", flush=True)
while sys.argv[1] != "exit":
    time.sleep(60)
sys.exit(int(sys.argv[2]))
