import ArgumentParser
import CommandLine
import Foundation
import Jobs
import LocalBackend
import Platform
import Service

/// `tfjob-admin`: the verbs for users, the service, and the hidden verbs that the service starts.
@main
struct TFJobAdmin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tfjob-admin",
        abstract: "Runs distributed TensorFlow training jobs by git push.",
        version: Application.version,
        subcommands: [Serve.self] + Verbs.all + [Supervise.self, Provision.self]
    )

    static func main() async {
        InitProcess.separate()
        await ConfigurationReading.$readBackends.withValue({ try Application.backends(inConfiguration: $0) }) {
            await main(nil)
        }
    }
}

/// `tfjob-admin supervise`: the parent process of one replica. Only the service starts it.
struct Supervise: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one replica and keeps its exit code.",
        shouldDisplay: false
    )

    @Argument(help: "The replica's folder.")
    var folder: String

    func run() throws {
        throw ExitCode(Supervisor.run(folder: folder))
    }
}

/// `tfjob-admin provision`: creates one virtual environment. Only the service starts it.
struct Provision: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes one virtual environment.",
        shouldDisplay: false
    )

    @Option(help: "The interpreter to make it of.")
    var python: String

    @Option(help: "The runtime, as a job file names it.")
    var runtime: String

    @Flag(help: "TensorFlow with GPU support.")
    var gpu = false

    @Option(name: .customLong("package"), help: "A package of the configuration.")
    var packages: [String] = []

    @Option(name: .customLong("requirement"), help: "A line of the job's requirements.txt.")
    var requirements: [String] = []

    @Option(help: "The cluster and the partition that use it.")
    var partition: String?

    @Option(help: "The user as whom pip runs.")
    var user: String?

    @Argument(help: "The folder of all environments.")
    var folder: String

    /// Prints the path of the interpreter, or why there is none.
    func run() async throws {
        guard let runtime = Runtime(runtime) else { throw ValidationError("\(runtime) is no runtime") }
        let account = user.flatMap(UserAccount.init(named:))
        guard user == nil || account != nil else { throw ValidationError("there is no user \(user ?? "")") }
        let spec = RuntimeSpec(
            runtime,
            usesGPUs: gpu,
            packages: try packages.map { try Requirement($0) },
            requirements: try requirements.map { try Requirement($0) },
            partition: partition,
            user: account
        )
        let environment = VirtualEnvironment(spec, in: URL(fileURLWithPath: folder, isDirectory: true))
        if let error = await environment.provision(with: python) {
            print(error.report)
            throw ExitCode.failure
        }
        print(environment.python)
    }
}

/// `tfjob-admin serve`: runs the service.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves a jobs repository: carries out each commit and shows what became of it.",
        discussion: """
            Each flag wins over the environment (TFJOB_ADMIN_REPOSITORY, TFJOB_ADMIN_BRANCH, TFJOB_ADMIN_STATE,
            TFJOB_ADMIN_LISTEN), and that wins over the configuration file.
            """
    )

    @Option(help: ArgumentHelp("The configuration, one YAML file.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "The jobs repository: a path, or a file://, https://, ssh:// or git@HOST:PATH address.",
            valueName: "url|path"
        )
    )
    var repository: String?

    @Option(help: ArgumentHelp("The branch to serve. (default: \(ServiceDefaults.branch))", valueName: "name"))
    var branch: String?

    @Option(
        help: ArgumentHelp(
            "Where runs, logs and the journal are kept. (default: \(Application.defaultStateHelp))",
            valueName: "dir"
        )
    )
    var state: String?

    @Option(
        help: ArgumentHelp(
            "The address of the REST view, or unix:PATH for a socket. (default: \(ServiceDefaults.listenAddress))",
            valueName: "host:port"
        )
    )
    var listen: String?

    func run() async throws {
        let flags = SettingsSource.Flags(repository: repository, branch: branch, state: state, listen: listen)
        let application: Application
        do throws(SettingsError) {
            application = try Application(SettingsSource(config: config, flags: flags))
        } catch {
            for fault in error.faults {
                StandardError.writeMessage(fault)
            }
            throw ExitCode.validationFailure
        }
        do {
            try await application.run()
        } catch let error as StartError {
            StandardError.writeMessage("\(error)")
            throw ExitCode.failure
        }
    }
}
