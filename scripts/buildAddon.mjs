console.log("addon: later");
