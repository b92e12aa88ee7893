import ArgumentParser
import Foundation
import Jobs

/// `tfjob-admin init`: a jobs repository to begin with.
struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Makes a jobs repository: an example job, CI that reviews pull requests, editor settings; --bare adds hooks.",
        discussion: "What is there already stays as it is."
    )

    @Argument(help: ArgumentHelp("Where; made if absent.", valueName: "directory"))
    var directory: String

    @Flag(help: "Make it to be pushed to, with hooks that check a push and say what came of it.")
    var bare = false

    func run() async throws {
        let folder = URL(fileURLWithPath: directory, isDirectory: true).standardizedFileURL
        var scaffold = Scaffold(folder: folder, isBare: bare)
        do {
            try await scaffold.make()
        } catch let error as ScaffoldError {
            StandardError.say("\(error)")
            throw ExitCode.failure
        }
        for path in scaffold.report.made {
            print("made  \(path)")
        }
        for path in scaffold.report.kept {
            print("kept  \(path), as it was there")
        }
        print(bare ? bareAdvice(folder) : advice(folder), terminator: "")
    }

    private func path(_ folder: URL) -> String { PlainText.line(ShellWord.shown(folder.path)) }

    private func advice(_ folder: URL) -> String {
        """

        Next: cd \(path(folder))
              tfjob-admin validate
              git add --all && git commit --message "Begin with an example job"
              git push to the repository that the service reads, and that tfjob-admin init --bare makes

        """
    }

    private func bareAdvice(_ folder: URL) -> String {
        """

        Next: tfjob-admin serve --repository \(path(folder))
              git clone \(path(folder)), change a job, and git push

        """
    }
}
