import ArgumentParser
import Git

/// Does what a verb is for, and ends the verb with 1 and a sentence on standard error where that can't be done.
///
/// The exit code 64 is for wrong usage alone.
func reportingFailure<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
    do {
        return try await body()
    } catch let error as GitError {
        StandardError.say("\(error)")
    } catch let error as MissingRevision {
        StandardError.say("\(error)")
    } catch let error as FileSource.Missing {
        StandardError.say("\(error)")
    } catch let error as WorkTreeError {
        StandardError.say("\(error)")
    }
    throw ExitCode.failure
}
