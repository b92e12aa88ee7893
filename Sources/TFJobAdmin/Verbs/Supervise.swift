import ArgumentParser
import LocalBackend

/// `tfjob-admin supervise`: the parent of one replica, started by the service alone.
struct Supervise: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one replica and keeps its exit code.",
        shouldDisplay: false
    )

    @Argument(help: "The replica's folder.")
    var folder: String

    func run() async throws {
        try await Supervisor(folder: folder).run()
    }
}
