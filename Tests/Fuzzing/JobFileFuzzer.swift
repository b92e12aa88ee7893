/// What libFuzzer calls with each input, <https://llvm.org/docs/LibFuzzer.html#fuzz-target>: the reader of job files.
///
/// Compiled by `Tests/Fuzzing/run` together with the reader's sources. Beside crashes, hangs and leaks, which libFuzzer finds
/// by itself, it stops where a reading contradicts itself.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJobFile(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let reading = JobFile.read(bytes, at: JobKey(cluster: "default", partition: "team-a", id: "mnist"))
    let hasErrors = reading.issues.contains { $0.severity == .error }
    precondition((reading.job == nil) == hasErrors, "a job or an error, and not both")
    for issue in reading.issues {
        precondition(issue.line > 0 && issue.column > 0 && !issue.message.isEmpty, "a place and a sentence")
    }
    return 0
}
