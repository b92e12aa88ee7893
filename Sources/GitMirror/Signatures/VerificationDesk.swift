import Foundation
import Git

/// A temporary folder for the files of one verification. It also runs the programs that read them.
final class VerificationDesk: Sendable {
    let folder: String
    private let timeout: Duration

    init(timeout: Duration) throws(SignatureError) {
        self.timeout = timeout
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tfjob-admin-\(UUID().uuidString)").path
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw .notChecked(reason: "\(folder): \(error.localizedDescription)")
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Writes a file and returns its path.
    func writeFile(_ bytes: [UInt8], as name: String) throws(SignatureError) -> String {
        let path = "\(folder)/\(name)"
        guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else {
            throw .notChecked(reason: "\(path) can't be written")
        }
        return path
    }

    /// Runs a program with this folder as its home and its only configuration.
    func runProgram(
        _ program: String,
        _ arguments: [String],
        input: [UInt8] = []
    ) async throws(SignatureError) -> ChildProgram.Ended {
        var variables = GitEnvironment.own(["PATH", "TZ", "LD_LIBRARY_PATH"])
        variables.merge(["LC_ALL": "C", "HOME": folder, "GNUPGHOME": folder]) { $1 }
        let child = ChildProgram(name: program, environment: variables, folder: folder)
        do throws(ChildFailure) {
            return try await child.run(arguments, input: input, deadline: timeout)
        } catch {
            switch error {
            case .missing(let program): throw .programMissing(program)
            case .timedOut(let time):
                throw .notChecked(reason: "\(program) did not end within \(time.components.seconds) s")
            case .cancelled: throw .notChecked(reason: "cancelled")
            case .notRun(_, let reason): throw .notChecked(reason: "\(program): \(reason)")
            }
        }
    }
}
