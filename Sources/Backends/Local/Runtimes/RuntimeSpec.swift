import Crypto
import Formats
import Foundation
public import Jobs
public import Platform

/// What a virtual environment holds. Equal runtimes share one environment.
///
/// An environment never changes: a change of what it holds gives another name. So running jobs keep what they have.
public struct RuntimeSpec: Hashable, Sendable {
    /// The versions of Python and TensorFlow.
    public let runtime: Runtime
    /// Whether TensorFlow has GPU support.
    public let usesGPUs: Bool
    /// The packages that the configuration adds to each runtime.
    public let packages: [Requirement]
    /// The lines of the job's `requirements.txt`.
    public let requirements: [Requirement]
    /// The cluster and the partition that use the environment. Nil: all. Without it a partition could put packages into
    /// the runtime of another.
    public let partition: String?
    /// The user as whom pip runs. Nil: the service's.
    public let user: UserAccount?

    /// Creates a description; installs nothing.
    ///
    /// - Parameter partition: is ignored if there are no requirements.
    public init(
        _ runtime: Runtime,
        usesGPUs: Bool = false,
        packages: [Requirement] = [],
        requirements: [Requirement] = [],
        partition: String? = nil,
        user: UserAccount? = nil
    ) {
        self.runtime = runtime
        self.usesGPUs = usesGPUs
        self.packages = packages
        self.requirements = requirements
        self.partition = requirements.isEmpty ? nil : partition
        self.user = user
    }

    /// Whether pip installs nothing, so that the plain interpreter is enough.
    var isPlain: Bool { runtime.tensorflow == nil && packages.isEmpty && requirements.isEmpty }

    /// The package that contains TensorFlow.
    var distribution: String { usesGPUs ? "tensorflow" : "tensorflow-cpu" }

    /// What pip installs first. Nil: no TensorFlow. `2.21.0` means this version, `2.21` its newest patch.
    var tensorflow: String? {
        runtime.tensorflow.map { version in
            "\(distribution)==\(version)" + (version.split(separator: ".").count == 3 ? "" : ".*")
        }
    }

    /// The numbers of the TensorFlow version.
    private var numbers: [Int] { (runtime.tensorflow ?? "").split(separator: ".").compactMap { Int($0) } }

    /// The packages that scripts for this TensorFlow need and that it does not require itself.
    ///
    /// From 2.16 on `tf.keras` is Keras 3; `tf_keras` is the former one, which trains under all distribution
    /// strategies. From 2.21 on TensorFlow does not require tensorboard, and `tf.summary.scalar` fails without it.
    var companions: [String] {
        guard numbers.count >= 2, numbers[0] == 2 else { return [] }
        let minor = numbers[1]
        return (minor >= 16 ? ["tf_keras==2.\(minor).*"] : [])
            // The same minor version, or the newest before it if there is none.
            + (minor >= 21 ? ["tensorboard>=2.20,<2.\(minor + 1)"] : [])
    }

    /// The newest versions that wheels of old TensorFlow versions work with, where the wheels do not say so.
    var limits: [String] {
        guard numbers.count >= 2, numbers[0] == 2 else { return [] }
        return (numbers[1] < 15 ? ["numpy<2"] : []) + (numbers[1] < 12 ? ["protobuf<3.21"] : [])
    }

    /// The modules that an import must find.
    var modules: [String] {
        guard runtime.tensorflow != nil else { return [] }
        return ["tensorflow"] + companions.map { String($0.prefix { !"=>".contains($0) }) }
    }

    /// The name of the environment's folder.
    var name: String {
        let tensorflow = runtime.tensorflow.map { "-\(distribution)-\($0)" } ?? ""
        // The number changes when the content changes for another reason.
        let content = ["1"] + companions + limits + ["packages"] + packages.map(\.description)
        let owner = [partition ?? "", user.map { "\($0.name) \($0.user)" } ?? ""]
        let text = content + ["requirements"] + requirements.map(\.description) + ["owner"] + owner
        let digest = SHA256.hash(data: Data(text.joined(separator: "\n").utf8))
        return "python-\(runtime.python)\(tensorflow)-\(digest.prefix(8).hexadecimal)"
    }

    /// A few words for messages.
    var summary: String {
        let files = requirements.isEmpty ? [] : ["requirements.txt"]
        return (["\(runtime)"] + files + packages.map(\.description))
            .joined(separator: " with ")
    }
}

extension RuntimeSpec {
    /// The runtime of a run.
    ///
    /// - Throws: ``RuntimeError`` if the run has a `requirements.txt` with other lines than packages.
    init(_ run: RunRequest, _ settings: LocalSettings) throws(RuntimeError) {
        let key = run.id.key
        self.init(
            run.job.runtime,
            usesGPUs: settings.gpus[key.cluster, default: 0] > 0,
            packages: settings.packages,
            requirements: settings.provisionsRuntimes ? try Self.requirements(of: run) : [],
            partition: "\(key.cluster)/\(key.partition)",
            user: settings.users[key.cluster]?.account
        )
    }

    /// Reads the `requirements.txt` of a relative `workdir`.
    private static func requirements(of run: RunRequest) throws(RuntimeError) -> [Requirement] {
        guard let workdir = run.job.workdir, !workdir.hasPrefix("/"), let folder = run.codeFolder else { return [] }
        let bytes: [UInt8]
        do throws(PlatformError) {
            let file = try ReadableFile(below: folder, ["requirements.txt"])
            bytes = try file.readBytes(at: 0, upTo: Requirement.largestFile + 1)
        } catch {
            guard !error.isAbsence else { return [] }
            throw RuntimeError("\(workdir)/requirements.txt can't be read: write a regular file and no link (\(error))")
        }
        do throws(RequirementFault) {
            return try Requirement.parseFile(bytes)
        } catch {
            throw RuntimeError("\(workdir)/\(error.message)")
        }
    }
}

extension RuntimeSpec {
    /// The arguments of the verb `provision`, without the folder of the environments.
    ///
    /// - Parameter python: the interpreter on which the environment is based.
    func arguments(python: String) -> [String] {
        var arguments = ["--python", python, "--runtime", "\(runtime)"]
        if usesGPUs { arguments.append("--gpu") }
        for package in packages { arguments += ["--package", "\(package)"] }
        for requirement in requirements { arguments += ["--requirement", "\(requirement)"] }
        if let partition { arguments += ["--partition", partition] }
        if let user { arguments += ["--user", user.name] }
        return arguments
    }
}
