import Foundation

/// The executable, as a user runs it in a folder.
package enum Tool {
    /// What it printed, standard output and standard error as they came, and its exit code.
    package struct Result: Sendable {
        package let code: Int32
        package let text: String

        package init(code: Int32, text: String) {
            self.code = code
            self.text = text
        }
    }

    /// Runs it to its end.
    ///
    /// - Parameters:
    ///   - arguments: the verb and what follows.
    ///   - folder: where.
    ///   - environment: variables beside the inherited ones and git's author.
    package static func run(
        _ arguments: [String],
        in folder: String,
        environment: [String: String] = [:]
    ) async throws -> Result {
        let log = folder + "/../\(UUID().uuidString).log"
        let variables = JobsRepository.people.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
        let command = ["env", "-C", folder] + variables + [BuiltExecutable.path] + arguments
        let code = try await RunningProgram(command, log: log).wait()
        return Result(code: code, text: try String(contentsOfFile: log, encoding: .utf8))
    }

    /// Runs it and reads what it printed as JSON.
    package static func json(_ arguments: [String], in folder: String) async throws -> (code: Int32, document: JSON) {
        let result = try await run(arguments, in: folder)
        return (result.code, try JSON(Data(result.text.utf8)))
    }
}
