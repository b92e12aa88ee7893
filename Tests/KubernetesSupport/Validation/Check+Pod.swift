extension Check {
    /// Source: `ValidatePodSpec`, `validateContainerCommon`, `ValidateEnv`, `ValidateVolumeMounts` and `ValidateResourceRequirements`,
    /// <https://github.com/kubernetes/kubernetes/blob/a7264f95ffc8b56377da16e83461aa59467ebb3e/pkg/apis/core/validation/validation.go>.
    /// Probes, security contexts, affinity and that requests are within limits are left out.
    mutating func podSpec(_ spec: JSONTree, at field: String) {
        let volumes = Set(spec.volumes.elements.compactMap(\.name.text))
        for (index, volume) in spec.volumes.elements.enumerated() {
            let place = "\(field).volumes[\(index)]"
            if let fault = Names.faultOfLabel(volume.name.text ?? "") { invalid("\(place).name", volume.name, fault) }
            let sources = volume.members.keys.filter { $0 != "name" }
            if sources.isEmpty { required(place, "must specify a volume type") }
            if sources.count > 1 { forbidden(place, "may not specify more than 1 volume type") }
            if volume.hostPath.path.text?.contains("..") == true {
                invalid("\(place).hostPath.path", volume.hostPath.path, "must not contain '..'")
            }
        }
        if spec.containers.elements.isEmpty { required("\(field).containers") }
        var names: Set<String> = []
        for list in ["initContainers", "containers"] {
            for (index, container) in (spec[list] ?? .null).elements.enumerated() {
                let place = "\(field).\(list)[\(index)]"
                self.container(container, volumes, at: place)
                if !names.insert(container.name.text ?? "").inserted {
                    invalid("\(place).name", container.name, "Duplicate value")
                }
            }
        }
        if let policy = spec.restartPolicy.text, !["Always", "OnFailure", "Never"].contains(policy) {
            unsupported("\(field).restartPolicy", spec.restartPolicy, ["Always", "OnFailure", "Never"])
        }
        if let seconds = spec.activeDeadlineSeconds.int, seconds < 1 {
            invalid(
                "\(field).activeDeadlineSeconds",
                spec.activeDeadlineSeconds,
                "must be between 1 and 2147483647, inclusive"
            )
        }
    }

    private mutating func container(_ container: JSONTree, _ volumes: Set<String>, at field: String) {
        if let fault = Names.faultOfLabel(container.name.text ?? "") { invalid("\(field).name", container.name, fault) }
        if (container.image.text ?? "").isEmpty { required("\(field).image") }
        for (index, variable) in container.env.elements.enumerated() {
            let name = variable.name.text ?? ""
            if name.isEmpty || name.contains("=") || !name.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
                invalid(
                    "\(field).env[\(index)].name",
                    variable.name,
                    "a valid environment variable name must consist only of printable ASCII characters other than '='"
                )
            }
            if variable.value.text?.isEmpty == false, !variable.valueFrom.isNull {
                invalid("\(field).env[\(index)].valueFrom", "", "may not be specified when `value` is not empty")
            }
        }
        var paths: Set<JSONTree> = []
        for (index, mount) in container.volumeMounts.elements.enumerated() {
            let name = mount.name.text ?? ""
            if (mount.mountPath.text ?? "").isEmpty { required("\(field).volumeMounts[\(index)].mountPath") }
            if !paths.insert(mount.mountPath).inserted {
                invalid("\(field).volumeMounts[\(index)].mountPath", mount.mountPath, "must be unique")
            }
            let subPath = mount.subPath.text ?? ""
            if subPath.hasPrefix("/") || subPath.split(separator: "/").contains("..") {
                invalid(
                    "\(field).volumeMounts.subPath",
                    mount.subPath,
                    subPath.hasPrefix("/") ? "must be a relative path" : "must not contain '..'"
                )
            }
            if !volumes.contains(name) {
                notFound("\(field).volumeMounts[\(index)].name", name)
            }
        }
        resources(container.resources, at: "\(field).resources")
    }

    private mutating func notFound(_ field: String, _ name: String) {
        append(Reading.Fault(reason: "FieldValueNotFound", field: field, message: "Not found: \"\(name)\""))
    }

    /// Extended resources are whole, and their requests are their limits.
    private mutating func resources(_ resources: JSONTree, at field: String) {
        for list in ["limits", "requests"] {
            for (name, value) in (resources[list] ?? .null).members {
                let text = value.text ?? value.json
                let isExtended = name.contains("/")
                if text.hasPrefix("-") {
                    invalid("\(field).\(list)[\(name)]", value, "must be greater than or equal to 0")
                }
                if isExtended, Int(text) == nil { invalid("\(field).\(list)[\(name)]", value, "must be an integer") }
                if !isExtended, !["cpu", "memory", "ephemeral-storage"].contains(name), !name.hasPrefix("hugepages-") {
                    invalid("\(field).\(list)[\(name)]", .string(name), "must be a standard resource for containers")
                }
                if isExtended, list == "requests", value != resources.limits[name] {
                    invalid("\(field).requests", value, "must be equal to \(name) limit")
                }
            }
        }
    }

    /// Source: `ValidateService` and `validateServicePort`, the same file, as far as headless services and those in the cluster go.
    mutating func service(_ service: JSONTree) {
        let isHeadless = service.spec.clusterIP == "None"
        if service.spec.ports.elements.isEmpty, !isHeadless, service.spec.type != "ExternalName" {
            required("spec.ports")
        }
        var names: Set<String> = []
        var numbers: Set<JSONTree> = []
        for (index, port) in service.spec.ports.elements.enumerated() {
            if let name = port.name.text, !names.insert(name).inserted {
                invalid("spec.ports[\(index)].name", port.name, "Duplicate value")
            }
            if !numbers.insert(.array([port.protocol, port.port])).inserted {
                invalid("spec.ports[\(index)]", port.port, "Duplicate value")
            }
            if !(1...65535).contains(port.port.int ?? 0) {
                invalid("spec.ports[\(index)].port", port.port, "must be between 1 and 65535, inclusive")
            }
            if service.spec.ports.elements.count > 1, (port.name.text ?? "").isEmpty {
                required("spec.ports[\(index)].name")
            }
        }
        labels(service.spec.selector, at: "spec.selector")
    }
}
