// The entry point of libFuzzer, which its documentation describes for programs with a `main`.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const unsigned char *data, unsigned long size));
